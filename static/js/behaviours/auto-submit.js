// Filters apply as soon as they change; the button stays for whoever types in a search field.

export default function autoSubmit(form) {
  if (!form.querySelector('[type="search"], [type="text"]')) form.classList.add("filters--live");
  form.addEventListener("change", (event) => {
    if (!event.target.matches('[type="search"], [type="text"]')) form.requestSubmit();
  });
  form.addEventListener("submit", () => {
    // Empty fields stay out of the address.
    for (const field of form.elements) {
      if (field.name && !field.value) field.disabled = true;
    }
  });
  addEventListener("pageshow", () => {
    for (const field of form.elements) field.disabled = false;
  });
}
