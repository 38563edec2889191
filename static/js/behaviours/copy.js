// Text to copy gets a button, only where the browser can.

export default function copy(box) {
  if (!navigator.clipboard) return;
  const { label, copied } = box.dataset;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button--quiet";
  button.textContent = label;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(box.querySelector("input").value);
    button.textContent = copied;
    setTimeout(() => (button.textContent = label), 2500);
  });
  box.append(button);
}
