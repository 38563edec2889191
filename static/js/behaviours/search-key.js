// « / » goes to the search box, from anywhere that nobody is writing.

export default function searchKey(box) {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest("input, textarea, select, [contenteditable], dialog[open]")) return;
    if (!box.checkVisibility()) return;
    event.preventDefault();
    box.focus();
    box.select();
  });
}
