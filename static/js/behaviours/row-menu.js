// The status menu of a row of the list: one at a time, opened and closed by its status, with the focus where the hand is.

export default function rowMenu(list) {
  // Capturing: a click that only closes must not reach htmx, which would fetch the menu again.
  list.addEventListener("click", (event) => {
    const opener = event.target.closest(".task-row__change");
    if (!opener) return;
    const row = opener.closest(".task-row");
    const open = row.querySelector(".task-row__menu");
    list.querySelectorAll(".task-row__menu").forEach((menu) => menu.remove());
    if (!open) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);

  list.addEventListener("keydown", (event) => {
    const menu = event.target.closest(".task-row__menu");
    if (event.key !== "Escape" || !menu) return;
    const opener = menu.closest(".task-row").querySelector(".task-row__change");
    menu.remove();
    opener.focus();
  });

  document.addEventListener("htmx:after:swap", () => {
    const menu = list.querySelector(".task-row__menu:not(:focus-within)");
    const moved = list.querySelector(".task-row--moved");
    if (menu) menu.querySelector("[aria-invalid], button, summary")?.focus();
    else if (moved) {
      moved.classList.remove("task-row--moved");
      moved.querySelector(".task-row__change").focus();
    }
  });
}
