// The demonstration's phones: a screen stays at its newest message, and the line one has sent is empty again.
"use strict";
(() => {
  const screens = () => document.querySelectorAll("[data-screen]");
  const toEnd = (screen) => { screen.scrollTop = screen.scrollHeight; };
  const lengths = new Map();
  const follow = () => {
    for (const screen of screens()) {
      const length = screen.childElementCount;
      if (lengths.get(screen.id) !== length) toEnd(screen);
      lengths.set(screen.id, length);
    }
  };
  document.addEventListener("htmx:after:swap", follow);
  document.addEventListener("htmx:after:request", (event) => {
    const form = event.target.closest?.("form[data-clear]");
    if (form && event.detail.ctx.response.status < 400) form.reset();
  });
  document.addEventListener("htmx:before:request", (event) => {
    const sheet = event.target.closest?.("details.sheet");
    if (sheet) sheet.open = false;
  });
  follow();
})();
