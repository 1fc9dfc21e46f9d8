// What makes the pages smoother than plain HTML. Everything works without this file.
"use strict";

// A double click does one thing: a form that is on its way is not sent again. On the way down (capture), so that htmx,
// which listens on the form itself, does not hear the second one either.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.getAttribute("method")?.toLowerCase() !== "post") return;
  if (form.dataset.sending) {
    event.preventDefault();
    event.stopPropagation();
    return;
  }
  form.dataset.sending = "yes";
  for (const button of form.querySelectorAll("button:not([type=button])")) button.setAttribute("aria-busy", "true");
  setTimeout(() => free(document), 10000); // an answer that is a file leaves the page as it is
}, { capture: true });
const free = (scope) => {
  for (const form of scope.querySelectorAll("form[data-sending]")) {
    delete form.dataset.sending;
    for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  }
};
window.addEventListener("pageshow", () => free(document)); // the back button shows the page as it was left

// Errors are read first: focus goes to the summary, and from its links to the field.
const showErrors = (scope) => scope.querySelector("[data-focus]")?.focus();
document.addEventListener("DOMContentLoaded", () => showErrors(document));
document.addEventListener("click", (event) => {
  const link = event.target.closest("#error-summary a[href^='#']");
  const field = link && document.getElementById(link.hash.slice(1));
  if (!field) return;
  event.preventDefault();
  const target = field.matches("fieldset") ? field.querySelector("input") || field : field;
  target.focus();
  target.scrollIntoView({ block: "center" });
});

// htmx: the parts that changed.
document.addEventListener("htmx:afterRequest", () => free(document));
document.addEventListener("htmx:afterSwap", (event) => showErrors(event.detail.target));
const tell = (text) => {
  const alert = document.createElement("div");
  alert.className = "ds-alert";
  alert.dataset.color = "danger";
  const words = document.createElement("p");
  words.className = "ds-paragraph";
  words.textContent = text;
  alert.append(words);
  document.getElementById("messages").replaceChildren(alert);
};
document.addEventListener("htmx:sendError", () => tell(document.getElementById("messages").dataset.lost));
document.addEventListener("htmx:responseError", () => tell(document.getElementById("messages").dataset.refused));

// A change of a field marked data-submit sends its form (filters); without script there is a button.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});
// A box marked data-check-all ticks the boxes of the same form whose name it carries.
document.addEventListener("change", (event) => {
  const name = event.target.dataset?.checkAll;
  if (!name) return;
  for (const box of event.target.form.querySelectorAll(`input[type=checkbox][name="${CSS.escape(name)}"]`)) {
    box.checked = event.target.checked;
  }
});
