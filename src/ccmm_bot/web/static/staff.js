// What the staff pages add to htmx: a conversation stays at its newest message, and an ended session goes back to the sign-in.
"use strict";
(() => {
  const near = 80;
  let followed = true;
  const thread = () => document.getElementById("thread");
  const atEnd = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < near;
  const toEnd = () => {
    const box = thread();
    if (box && followed) box.scrollTop = box.scrollHeight;
  };
  document.addEventListener("scroll", (event) => {
    if (event.target === thread()) followed = atEnd(event.target);
  }, true);
  document.addEventListener("htmx:after:swap", toEnd);
  document.addEventListener("htmx:response:error", (event) => {
    if (event.detail?.ctx?.response?.status === 401) window.location.reload();
  });
  const openTarget = () => {
    const target = window.location.hash && document.getElementById(window.location.hash.slice(1));
    const form = target && target.querySelector("details.form");
    if (form) form.open = true;
  };
  openTarget();
  toEnd();
})();
