// « @ » and the start of a name open a list of people and structures; the focus stays in the text.

import { replace } from "./markdown-edits.js";

const PAUSE = 150;
const BEGUN = /(?:^|[\s(«“"'’])@\[?((?:[\p{L}\p{N}][\p{L}\p{N}\p{M} .’'-]{0,60})?)$/u;

/** Returns { look, open, onKey }: `open` begins a mention, `onKey` tells whether the list took a key. */
export function mentions(field, words, icon, told) {
  const list = document.createElement("ul");
  list.id = `${field.id}-mentions`;
  list.className = "mentions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", words.proposals);
  list.hidden = true;
  field.after(list);
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-haspopup", "listbox");

  const known = new Map();
  let begun = null;
  let dismissed = null;
  let current = 0;
  let waiting;

  field.addEventListener("input", look);
  field.addEventListener("click", look);
  field.addEventListener("blur", close);
  // Choosing must not take the focus from the text.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) choose(option);
  });

  function look() {
    clearTimeout(waiting);
    begun = start(field);
    if (begun?.at !== dismissed) dismissed = null;
    if (!begun || dismissed !== null || isHopeless(begun.typed)) return close();
    const { typed } = begun;
    if (known.has(typed)) return show(known.get(typed));
    waiting = setTimeout(() => ask(typed), PAUSE);
  }

  async function ask(typed) {
    try {
      const answer = await fetch(`${field.dataset.mentions}?${new URLSearchParams({ q: typed })}`);
      if (!answer.ok) return close();
      known.set(typed, await answer.json());
    } catch {
      // Without the list, the name is written between brackets as the help says.
      return close();
    }
    if (begun?.typed === typed && document.activeElement === field) show(known.get(typed));
  }

  /** Whether a shorter start already meant nobody. */
  function isHopeless(typed) {
    return [...known].some(([asked, found]) => !found.length && asked && typed.startsWith(asked));
  }

  function show(found) {
    if (!found.length) return close();
    list.replaceChildren(...found.map((each, index) => option(each, index)));
    const { top, left } = placeOf(field, begun.at);
    list.hidden = false;
    list.style.insetBlockStart = `${top}px`;
    list.style.insetInlineStart = `${Math.max(0, Math.min(left, field.offsetWidth - list.offsetWidth))}px`;
    field.setAttribute("aria-controls", list.id);
    told(found.length > 1 ? words.many.replace("{num}", found.length) : words.one);
    go(0);
  }

  function close() {
    clearTimeout(waiting);
    begun = null;
    list.hidden = true;
    list.replaceChildren();
    field.removeAttribute("aria-activedescendant");
    field.removeAttribute("aria-controls");
  }

  function option({ kind, name, note }, index) {
    const line = document.createElement("li");
    line.id = `${list.id}-${index}`;
    line.className = "mentions__one";
    line.setAttribute("role", "option");
    line.dataset.name = name;
    const who = document.createElement("span");
    who.append(text("mentions__name", name));
    if (note) who.append(" ", text("mentions__note", note));
    line.append(icon(kind), who);
    return line;
  }

  function go(index) {
    const options = [...list.children];
    current = (index + options.length) % options.length;
    options.forEach((each, place) => each.setAttribute("aria-selected", place === current));
    options[current].scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", options[current].id);
  }

  function choose(chosen) {
    const after = field.value[field.selectionEnd];
    const text = `@[${chosen.dataset.name}]${after && /[\s.,;:!?)»]/.test(after) ? "" : " "}`;
    const { at } = begun;
    const end = field.selectionEnd;
    close();
    replace(field, at, end, text, at + text.length);
  }

  function onKey(event) {
    if (list.hidden || event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.key === "ArrowDown") go(current + 1);
    else if (event.key === "ArrowUp") go(current - 1);
    else if (event.key === "Enter" || (event.key === "Tab" && !event.shiftKey)) choose(list.children[current]);
    else if (event.key === "Escape") {
      // Not this name: the list stays closed until another one begins.
      dismissed = begun.at;
      close();
    } else {
      // The caret leaves the name: what is proposed no longer answers what is read.
      if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) close();
      return false;
    }
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  function open() {
    const { selectionStart: from, selectionEnd: end, value } = field;
    const text = from > 0 && !/[\s(«“"'’]/.test(value[from - 1]) ? " @" : "@";
    replace(field, from, end, text, from + text.length);
    look();
  }

  return { look, open, onKey };
}

/** The name that is being written before the caret, and where its « @ » stands. */
function start(field) {
  if (field.selectionStart !== field.selectionEnd) return null;
  const before = field.value.slice(0, field.selectionStart);
  const found = BEGUN.exec(before);
  return found && { typed: found[1].toLowerCase().trimEnd(), at: before.lastIndexOf("@") };
}

/** Where a letter of the field stands on the page: measured on a copy that nobody sees. */
function placeOf(field, index) {
  const copy = document.createElement("div");
  const style = getComputedStyle(field);
  for (const name of ["font", "lineHeight", "letterSpacing", "padding", "borderWidth", "borderStyle", "boxSizing"]) {
    copy.style[name] = style[name];
  }
  copy.className = "editor__copy";
  copy.style.inlineSize = `${field.clientWidth + 2 * Number.parseFloat(style.borderLeftWidth)}px`;
  const mark = document.createElement("span");
  mark.textContent = "@";
  copy.append(field.value.slice(0, index), mark);
  field.after(copy);
  const line = Number.parseFloat(style.lineHeight) || mark.offsetHeight;
  const below = Math.min(mark.offsetTop - field.scrollTop + line, field.offsetHeight);
  const place = { top: field.offsetTop + below + 4, left: field.offsetLeft + mark.offsetLeft };
  copy.remove();
  return place;
}

function text(className, words) {
  const span = document.createElement("span");
  span.className = className;
  span.textContent = words;
  return span;
}
