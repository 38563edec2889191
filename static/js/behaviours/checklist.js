// Tick a line without leaving the page; if the server refuses, the form is sent the ordinary way.

export default function checklist(element) {
  element.addEventListener("submit", async (event) => {
    const form = event.target;
    event.preventDefault();
    const button = form.querySelector("button");
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    try {
      const response = await fetch(form.action, { method: "POST", body: new FormData(form) });
      if (!response.ok) throw new Error(response.statusText);
      const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
      refresh(element, form, fresh);
    } catch {
      HTMLFormElement.prototype.submit.call(form);
    }
  });
}

function refresh(element, form, page) {
  const item = form.elements.item.value;
  const updated = page.querySelector(".checklist");
  if (!updated) throw new Error("no checklist in the answer");
  element.innerHTML = updated.innerHTML;
  element.querySelector(`input[name="item"][value="${CSS.escape(item)}"]`)?.form.querySelector("button").focus();
}
