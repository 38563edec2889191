// A link that opens a dialog of the same page; without this file it leads to the same form on its own page.

export default function dialog(link) {
  const target = document.getElementById(link.dataset.dialog);
  if (!target) return;
  link.setAttribute("aria-haspopup", "dialog");
  link.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    target.showModal();
  });
  target.addEventListener("click", (event) => {
    if (event.target === target) target.close();
  });
}
