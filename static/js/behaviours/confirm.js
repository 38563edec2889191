// Ask before something weighty, in a native dialog; data-confirm is the question.

export default function confirm(button) {
  button.addEventListener("click", (event) => {
    if (button.dataset.confirmed) return;
    event.preventDefault();
    ask(button).then((yes) => {
      if (!yes) return;
      button.dataset.confirmed = "1";
      button.click();
      delete button.dataset.confirmed;
    });
  });
}

function ask(button) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  const question = document.createElement("p");
  question.textContent = button.dataset.confirm;
  question.id = "question";
  dialog.setAttribute("aria-labelledby", question.id);
  const form = document.createElement("form");
  form.method = "dialog";
  form.className = "dialog__actions";
  const { cancel } = document.getElementById("annonces").dataset;
  form.append(choice(button.textContent.trim(), "yes", button.className), choice(cancel, "no", "button button--quiet"));
  dialog.append(question, form);
  document.body.append(dialog);
  dialog.showModal();
  form.lastElementChild.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
      button.focus();
    });
  });
}

function choice(label, value, className) {
  const button = document.createElement("button");
  button.value = value;
  button.className = className;
  button.textContent = label;
  return button;
}
