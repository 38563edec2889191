// Copy a text; the button shows only where the browser can.

export default function copy(button) {
  if (!navigator.clipboard) return;
  button.hidden = false;
  const words = button.querySelector("span") ?? button;
  const label = words.textContent;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    words.textContent = button.dataset.copied;
    setTimeout(() => (words.textContent = label), 2500);
  });
}
