// A long text in Markdown gets a toolbar, shortcuts, lists that go on by themselves, a preview and, in comments, mentions.

import { lines, link, mark, nextItem } from "./markdown-edits.js";

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

export default function markdownToolbar(field) {
  const words = JSON.parse(field.dataset.words);
  const icon = (name) => draw(field.dataset.icons, name);
  const status = document.createElement("p");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  const told = (sentence) => (status.textContent = sentence);

  const bar = document.createElement("div");
  bar.className = "toolbar";
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-label", words.toolbar);
  bar.setAttribute("aria-controls", field.id);

  // What few texts need is fetched when one does.
  let mention = null;
  let loading = null;
  const callIn = async () => {
    loading ??= import("./mentions.js");
    const { mentions } = await loading;
    mention ??= mentions(field, words, icon, told);
    return mention;
  };
  // Digits are told by their place: with Shift, each keyboard writes something else there.
  const tools = [
    { name: "bold", act: () => mark(field, "bold"), key: "B" },
    { name: "italic", act: () => mark(field, "italic"), key: "I" },
    { name: "heading", act: () => lines(field, "heading") },
    { name: "list", act: () => lines(field, "list"), key: "8", shift: true, group: true },
    { name: "numbers", act: () => lines(field, "numbers"), key: "7", shift: true, icon: "list-numbers" },
    { name: "quote", act: () => lines(field, "quote"), key: "9", shift: true },
    { name: "link", act: () => link(field), key: "K", group: true },
  ];
  if (field.dataset.about) {
    tools.push({ name: "mention", act: async () => (await callIn()).open(), icon: "at" });
    field.addEventListener("input", async () => {
      if (!mention && field.value.includes("@")) (await callIn()).look();
    });
  }
  const buttons = tools.map((tool) => makeButton(tool));
  bar.append(...buttons);
  if (field.dataset.preview) bar.append(makePreview());
  rove(bar);
  field.before(bar);
  field.after(status);

  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (mention?.onKey(event)) return;
    const tool = tools.find((each) => isPressed(event, each));
    const isEnter = event.key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (tool) tool.act();
    else if (!isEnter || !nextItem(field)) return;
    event.preventDefault();
  });

  function makeButton(tool) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = tool.group ? "toolbar__tool toolbar__tool--group" : "toolbar__tool";
    const name = document.createElement("span");
    name.className = "visually-hidden";
    name.textContent = words[tool.name];
    button.title = tool.key ? `${words[tool.name]} (${shortcut(tool, words)})` : words[tool.name];
    if (tool.key) {
      button.setAttribute("aria-keyshortcuts", [isMac ? "Meta" : "Control", tool.shift && "Shift", tool.key].filter(Boolean).join("+"));
    }
    button.append(icon(tool.icon ?? tool.name), name);
    button.addEventListener("click", tool.act);
    return button;
  }

  function makePreview() {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "toolbar__tool toolbar__preview";
    const label = document.createElement("span");
    const show = (isShown) => {
      label.textContent = isShown ? words.write : words.preview;
      button.replaceChildren(icon(isShown ? "edit" : "in_review"), label);
      buttons.forEach((each) => (each.hidden = isShown));
    };
    show(false);
    let pane = null;
    button.addEventListener("click", async () => {
      // Some browsers do not focus what is clicked; the other tools are about to go.
      button.focus();
      const { preview } = await import("./markdown-preview.js");
      pane ??= preview(field, words, told, show);
      pane.toggle();
    });
    return button;
  }
}

function isPressed(event, { key, shift = false }) {
  // AltGr is Control and Alt at once, and writes signs.
  if (!key || event.altKey || event.shiftKey !== shift || !(isMac ? event.metaKey : event.ctrlKey)) return false;
  return shift ? event.code === `Digit${key}` : event.key.toUpperCase() === key;
}

function shortcut({ key, shift }, words) {
  if (isMac) return `${shift ? "⇧" : ""}⌘${key}`;
  return [words.control, shift && words.shift, key].filter(Boolean).join("+");
}

/** One stop for the Tab key; arrows, Home and End go from tool to tool. */
function rove(bar) {
  const all = [...bar.querySelectorAll("button")];
  const hold = (held) => all.forEach((each) => (each.tabIndex = each === held ? 0 : -1));
  hold(all[0]);
  bar.addEventListener("focusin", (event) => hold(event.target));
  bar.addEventListener("keydown", (event) => {
    const shown = all.filter((each) => !each.hidden);
    const place = shown.indexOf(document.activeElement);
    const next = { ArrowRight: place + 1, ArrowLeft: place - 1 + shown.length, Home: 0, End: shown.length - 1 }[event.key];
    if (next === undefined || place < 0) return;
    event.preventDefault();
    shown[next % shown.length].focus();
  });
}

function draw(icons, name) {
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawing.setAttribute("class", "icon");
  drawing.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${icons}#${name}`);
  drawing.append(use);
  return drawing;
}
