// A second click sends nothing; the form wakes up when the page comes back from history.

export default function submitOnce(form) {
  let sent = false;
  const buttons = () => form.querySelectorAll("button:not([type=button])");
  form.addEventListener("submit", (event) => {
    if (sent) {
      event.preventDefault();
      return;
    }
    sent = true;
    // After the event: a disabled button would not send its own name and value.
    setTimeout(() => {
      if (event.defaultPrevented) sent = false;
      else buttons().forEach((button) => button.setAttribute("aria-disabled", "true"));
    });
  });
  addEventListener("pageshow", () => {
    sent = false;
    buttons().forEach((button) => button.removeAttribute("aria-disabled"));
  });
}
