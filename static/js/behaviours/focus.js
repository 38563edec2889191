// What must be read first takes the focus, unless the person already types elsewhere: a script that comes late must not take
// the keyboard from under their hands.

export default function focus(element) {
  if (!document.activeElement?.matches("input, select, textarea")) element.focus();
}
