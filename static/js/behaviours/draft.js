// Keep what is typed in a long field until the server confirms it: only <meta name="drafts-saved"> clears a draft.

import { replace } from "./markdown-edits.js";

export default function draft(field) {
  const key = `draft:${field.dataset.draftKey}`;
  const found = read(key);
  if (found && found.text.trim() !== field.value.trim()) offer(field, key, found);
  let waiting;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => keep(key, field), 400);
  });
  addEventListener("pagehide", () => field.value !== field.defaultValue && keep(key, field));
  field.form?.addEventListener("submit", () => field.value !== field.defaultValue && keep(key, field));
}

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

function keep(key, field) {
  try {
    // Nothing is worth no question the next day; unless the page showed something, that was taken away.
    if (!field.value.trim() && !field.defaultValue.trim()) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify({ text: field.value, at: Date.now() }));
  } catch {
    // A full or forbidden store must not get in the way of typing.
  }
}

function offer(field, key, found) {
  const note = document.createElement("div");
  note.className = "draft-found";
  note.setAttribute("role", "status");
  const words = document.createElement("span");
  const when = new Date(found.at).toLocaleString(document.documentElement.lang, { dateStyle: "long", timeStyle: "short" });
  words.textContent = `${field.dataset.draftFound} (${when})`;
  const resume = action(field.dataset.draftResume, () => {
    // What was typed meanwhile comes back by undoing.
    replace(field, 0, field.value.length, found.text, found.text.length);
  });
  const discard = action(field.dataset.draftDiscard, () => localStorage.removeItem(key));
  note.append(words, resume, discard);
  (field.closest(".editor") ?? field).before(note);

  function action(label, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--quiet button--small";
    button.textContent = label;
    button.addEventListener("click", () => {
      act();
      note.remove();
      field.focus();
    });
    return button;
  }
}
