// A long text as the page will show it, in the place of the field.

import { csrfToken } from "./announce.js";

/** Returns { toggle }; `told` is called with the words to announce, `changed` after each change. */
export function preview(field, words, told, changed) {
  const pane = document.createElement("div");
  pane.className = "prose editor__preview";
  pane.setAttribute("role", "region");
  pane.setAttribute("aria-label", words.preview);
  pane.tabIndex = 0;
  pane.hidden = true;
  field.after(pane);
  // A field that refuses to be sent has to be seen.
  field.addEventListener("invalid", write);

  function show(visible) {
    if (visible) pane.style.minBlockSize = `${field.offsetHeight}px`;
    pane.hidden = !visible;
    field.hidden = visible;
    changed(visible);
  }

  function write() {
    if (!pane.hidden) show(false);
  }

  async function read() {
    pane.textContent = "";
    pane.setAttribute("aria-busy", "true");
    show(true);
    const answer = field.value.trim() ? await rendered(field, words) : { note: words.empty };
    pane.removeAttribute("aria-busy");
    if (answer.html) pane.innerHTML = answer.html;
    else pane.append(note(answer.note));
    if (!pane.hidden) told(answer.html ? words.shown : answer.note);
  }

  function toggle() {
    if (pane.hidden) return read();
    write();
    told(words.hidden);
  }

  return { toggle };
}

async function rendered(field, words) {
  const body = new URLSearchParams({ text: field.value, about: field.dataset.about ?? "", csrf_token: csrfToken() });
  try {
    const answer = await fetch(field.dataset.preview, { method: "POST", body, headers: { Accept: "application/json" } });
    const said = await answer.json();
    return answer.ok ? { html: said.html } : { note: said.message ?? words.failed };
  } catch {
    return { note: words.failed };
  }
}

function note(words) {
  const line = document.createElement("p");
  line.className = "soft";
  line.textContent = words;
  return line;
}
