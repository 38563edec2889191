// What must be read first takes the focus.

export default function focus(element) {
  element.focus();
}
