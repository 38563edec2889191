// A message that can be put away.

export default function dismiss(flash) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "flash__close";
  button.setAttribute("aria-label", document.getElementById("annonces").dataset.dismiss);
  button.textContent = "×";
  button.addEventListener("click", () => flash.remove());
  flash.append(button);
}
