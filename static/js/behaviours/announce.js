// Say something in the page's live region; `tone` is "success" or "error".

export function announce(message, tone = "success") {
  const region = document.getElementById("annonces");
  if (!region) return;
  region.querySelectorAll(".flash--said").forEach((old) => old.remove());
  const flash = document.createElement("div");
  flash.className = `flash flash--${tone} flash--said`;
  const words = document.createElement("p");
  words.textContent = message;
  flash.append(words);
  region.append(flash);
}

export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]').content;
}
