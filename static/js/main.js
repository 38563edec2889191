// Attach behaviours to [data-behaviour="name …"], loading each file only where a page asks for it, also after a swap.

const files = {
  "auto-submit": () => import("./behaviours/auto-submit.js"),
  board: () => import("./behaviours/board.js"),
  checklist: () => import("./behaviours/checklist.js"),
  confirm: () => import("./behaviours/confirm.js"),
  copy: () => import("./behaviours/copy.js"),
  dialog: () => import("./behaviours/dialog.js"),
  dismiss: () => import("./behaviours/dismiss.js"),
  draft: () => import("./behaviours/draft.js"),
  "filter-list": () => import("./behaviours/filter-list.js"),
  focus: () => import("./behaviours/focus.js"),
  "markdown-toolbar": () => import("./behaviours/markdown-toolbar.js"),
  menu: () => import("./behaviours/menu.js"),
  presence: () => import("./behaviours/presence.js"),
  read: () => import("./behaviours/read.js"),
  "row-menu": () => import("./behaviours/row-menu.js"),
  "search-key": () => import("./behaviours/search-key.js"),
  "submit-once": () => import("./behaviours/submit-once.js"),
  theme: () => import("./behaviours/theme.js"),
  "warn-unsaved": () => import("./behaviours/warn-unsaved.js"),
  weeks: () => import("./behaviours/weeks.js"),
};
const attached = new WeakMap();

async function attach(element) {
  const done = attached.get(element) ?? new Set();
  attached.set(element, done);
  for (const name of element.dataset.behaviour.split(/\s+/)) {
    if (!files[name] || done.has(name)) continue;
    done.add(name);
    const { default: behave } = await files[name]();
    behave(element);
  }
}

function attachAll(root) {
  if (root.matches?.("[data-behaviour]")) attach(root);
  root.querySelectorAll("[data-behaviour]").forEach(attach);
}

/** Forget the drafts that the server has just confirmed. */
function forgetSavedDrafts() {
  const saved = document.querySelector('meta[name="drafts-saved"]');
  for (const key of saved?.content.split(" ") ?? []) {
    try {
      localStorage.removeItem(`draft:${key}`);
    } catch {
      return;
    }
  }
}

forgetSavedDrafts();
attachAll(document);
document.addEventListener("htmx:after:process", (event) => attachAll(event.target));
document.addEventListener("behaviours:attach", (event) => attachAll(event.target));
