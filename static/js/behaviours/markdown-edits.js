// What the buttons and keys of a Markdown field do to its text. Each change can be undone, and is told by an input event.

const MARKS = { bold: "**", italic: "*" };
const PREFIX = /^\s*(?:(?:[-*+]|\d{1,9}[.)]|>|#{1,6})\s+)*/;
const KINDS = {
  heading: { is: /^#{1,6}\s+/, write: () => "## " },
  list: { is: /^\s*[-*+]\s+/, write: () => "- " },
  numbers: { is: /^\s*\d{1,9}[.)]\s+/, write: (number) => `${number}. ` },
  quote: { is: /^>\s?/, write: () => "> " },
};

/** Put `text` in the place of what stands between two points, then select from one point to another. */
export function replace(field, start, end, text, from, to = from) {
  const wanted = field.value.slice(0, start) + text + field.value.slice(end);
  field.focus();
  field.setSelectionRange(start, end);
  // The one way of writing that browsers keep in the history of undoing; they cut what is longer than the field takes,
  // and it is for its author to choose what to cut.
  if (text || start < end) document.execCommand(text ? "insertText" : "delete", false, text);
  if (field.value !== wanted) {
    field.value = wanted;
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }
  field.setSelectionRange(from, to);
}

/** Bold or italic: put the marks around the selection, or around the word, or take them away. */
export function mark(field, kind) {
  const sign = MARKS[kind];
  const text = field.value;
  let [start, end] = trimmed(text, field.selectionStart, field.selectionEnd);
  if (text.slice(start, end).includes("\n")) return markLines(field, sign, start, end);
  const inside = inner(text, start, end, sign);
  if (inside) {
    const words = text.slice(...inside);
    return replace(field, start, end, words, start, start + words.length);
  }
  if (start === end && !isMarked(text, start, end, sign)) [start, end] = word(text, start);
  const caret = field.selectionStart === field.selectionEnd ? field.selectionStart : null;
  const size = sign.length;
  const words = text.slice(start, end);
  const removes = isMarked(text, start, end, sign);
  const shift = removes ? -size : size;
  const [from, to] = caret === null ? [start + shift, end + shift] : [caret + shift, caret + shift];
  if (removes) replace(field, start - size, end + size, words, from, to);
  else replace(field, start, end, sign + words + sign, from, to);
}

/** Make the selected lines a title, a list or a quote; or plain lines again when they all are. */
export function lines(field, kind) {
  const { value: text, selectionStart, selectionEnd } = field;
  const [start, end] = wholeLines(text, selectionStart, selectionEnd);
  const all = text.slice(start, end).split("\n");
  const written = all.filter((line) => line.trim());
  const { is, write } = KINDS[kind];
  const removes = written.length > 0 && written.every((line) => is.test(line));
  let number = 0;
  const changed = all.map((line) => {
    if (!line.trim() && all.length > 1) return line;
    if (removes) return line.replace(is, "");
    number += 1;
    return write(number) + bare(line, kind);
  });
  const block = changed.join("\n");
  if (selectionStart !== selectionEnd) return replace(field, start, end, block, start, start + block.length);
  const caret = Math.max(start, selectionStart + block.length - (end - start));
  replace(field, start, end, block, caret);
}

/** A link around the selection: an address becomes a link to name, words become a link to give an address to. */
export function link(field) {
  const [start, end] = trimmed(field.value, field.selectionStart, field.selectionEnd);
  const chosen = field.value.slice(start, end);
  if (/^(https?:\/\/|mailto:)\S+$/.test(chosen)) return replace(field, start, end, `[](${chosen})`, start + 1);
  const address = "https://";
  if (!chosen) return replace(field, start, end, `[](${address})`, start + 1);
  const from = start + chosen.length + 3;
  replace(field, start, end, `[${chosen}](${address})`, from, from + address.length);
}

/** On Enter in a list or a quote, begin the next item, or end the list when the item is empty; false elsewhere. */
export function nextItem(field) {
  const { value: text, selectionStart: caret } = field;
  if (caret !== field.selectionEnd) return false;
  const [start, end] = wholeLines(text, caret, caret);
  const found = /^(\s*)(?:([-*+])|(\d{1,9})([.)])|(>))(\s+)/.exec(text.slice(start, end));
  if (!found || caret < start + found[0].length) return false;
  const [whole, indent, bullet, number, after, quote, space] = found;
  if (!text.slice(start + whole.length, end).trim()) {
    replace(field, start, end, "", start);
    return true;
  }
  const next = `\n${indent}${bullet ?? quote ?? Number(number) + 1 + after}${space}`;
  replace(field, caret, caret, next, caret + next.length);
  return true;
}

function markLines(field, sign, start, end) {
  const all = field.value.slice(start, end).split("\n");
  const parts = all.map((line) => {
    const prefix = PREFIX.exec(line)[0];
    const words = line.slice(prefix.length).trimEnd();
    return { line, prefix, words, marked: inner(words, 0, words.length, sign) };
  });
  const removes = parts.every(({ words, marked }) => !words || marked);
  const block = parts
    .map(({ line, prefix, words, marked }) => {
      if (!words || (!removes && marked)) return line;
      return prefix + (removes ? words.slice(...marked) : sign + words + sign);
    })
    .join("\n");
  replace(field, start, end, block, start, start + block.length);
}

/** Between which points the words stand when the selection holds its own marks. */
function inner(text, start, end, sign) {
  const words = text.slice(start, end);
  const opening = /^\*{0,3}/.exec(words)[0].length;
  const closing = /\*{0,3}$/.exec(words)[0].length;
  const size = sign.length;
  return words.length > 2 * size && wears(Math.min(opening, closing), sign) ? [start + size, end - size] : null;
}

/** Whether the marks stand on both sides of the selection: one star is italic, two are bold, three are both. */
function isMarked(text, start, end, sign) {
  const before = /\*{0,3}$/.exec(text.slice(0, start))[0].length;
  const after = /^\*{0,3}/.exec(text.slice(end))[0].length;
  return wears(Math.min(before, after), sign);
}

function wears(stars, sign) {
  return stars === 3 || stars === sign.length;
}

function word(text, caret) {
  const before = /[\p{L}\p{N}\p{M}_’'-]*$/u.exec(text.slice(0, caret))[0].length;
  const after = /^[\p{L}\p{N}\p{M}_’'-]*/u.exec(text.slice(caret))[0].length;
  return [caret - before, caret + after];
}

function trimmed(text, start, end) {
  const chosen = text.slice(start, end);
  if (!chosen.trim()) return [start, end];
  return [start + chosen.length - chosen.trimStart().length, end - chosen.length + chosen.trimEnd().length];
}

function wholeLines(text, start, end) {
  // A selection that stops at the beginning of a line does not hold that line.
  const last = end > start && text[end - 1] === "\n" ? end - 1 : end;
  const stop = text.indexOf("\n", last);
  return [text.lastIndexOf("\n", start - 1) + 1, stop < 0 ? text.length : stop];
}

/** A line without what another kind had made of it: a list that becomes numbered loses its dashes. */
function bare(line, kind) {
  if (kind === "quote") return line;
  return line.replace(KINDS.heading.is, "").replace(KINDS.list.is, "").replace(KINDS.numbers.is, "");
}
