// What one was told of a thing is read once it has been open for a moment: the form's own button does it without scripts.

const MOMENT = 2000;

export default function read(form) {
  setTimeout(async () => {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" });
    if (answer.type === "opaqueredirect" || answer.ok) form.remove();
  }, MOMENT);
}
