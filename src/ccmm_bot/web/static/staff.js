// What the staff pages add to htmx: a page looks again as soon as something happened, a conversation stays at its newest message,
// and an ended session goes back to the sign-in.
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

  // The service says when there is something to look at. A page that nobody sees does not listen (a browser keeps only a few
  // connections to one place); one that cannot listen looks every two seconds.
  const live = document.querySelector("[data-events]");
  if (!live) return;
  const look = () => htmx.trigger(live, "look");
  let stream = null;
  let listening = false;
  const listen = () => {
    stream = new EventSource(live.dataset.events);
    stream.addEventListener("open", () => { listening = true; look(); });
    stream.addEventListener("message", look);
    stream.addEventListener("error", () => {
      listening = false;
      if (stream && stream.readyState === EventSource.CLOSED) { stream = null; look(); }
    });
  };
  const attend = () => {
    if (document.hidden) {
      if (stream) stream.close();
      stream = null;
      listening = false;
    } else if (!stream) listen();
  };
  setInterval(() => {
    if (document.hidden || listening) return;
    look();
    attend();
  }, 2000);
  document.addEventListener("visibilitychange", attend);
  attend();
})();
