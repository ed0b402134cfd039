// When to draw: once a frame, following the end of the thread only while the reader is there; and how to lead elsewhere.

const followDistance = 80;

// A hidden tab gets no animation frames, yet its title must tell when the answer is there.
export function scheduleDraw(draw) {
  let waiting = false;
  return function request() {
    if (waiting) return;
    waiting = true;
    const run = () => {
      waiting = false;
      draw();
    };
    if (document.hidden) setTimeout(run, 100);
    else requestAnimationFrame(run);
  };
}

// Only the thread scrolls: scrollIntoView would move the frame round it too.
export function bringIntoView(node, { centered = true, focus = node } = {}) {
  const scroller = node.closest(".scroll");
  if (scroller) {
    const below = node.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
    const room = centered ? Math.max(0, (scroller.clientHeight - node.offsetHeight) / 2) : 12;
    scroller.scrollTop += below - room;
  }
  focus.focus({ preventScroll: true });
}

export function createFollower(scroller, button, hasEnd) {
  const isAtEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < followDistance;
  const toEnd = () => { if (hasEnd()) scroller.scrollTop = scroller.scrollHeight; };
  let following = true;
  const showButton = () => { button.hidden = following || !hasEnd(); };
  scroller.addEventListener("scroll", () => {
    following = isAtEnd();
    showButton();
  }, { passive: true });
  button.addEventListener("click", () => {
    following = true;
    toEnd();
    showButton();
  });
  return {
    follow() {
      following = true;
    },
    // What comes below an answer at its end must not push the answer out of sight.
    stay() {
      following = false;
    },
    around(draw) {
      draw();
      if (following) toEnd();
      else if (isAtEnd()) following = true;
      showButton();
    },
  };
}

const iconOfStatus = { running: "busy", queued: "busy", completed: "done" };

export function createTabSign(link) {
  const plainIcon = link.getAttribute("href");
  let wasBusy = false;
  let unseen = false;
  document.addEventListener("visibilitychange", () => { unseen = unseen && document.hidden; });
  return function show(title, run) {
    const busy = Boolean(run);
    if (wasBusy && !busy) unseen = document.hidden;
    wasBusy = busy;
    const sign = iconOfStatus[busy ? run.status : unseen ? "completed" : ""];
    const mark = busy ? "… " : unseen ? "✓ " : "";
    document.title = `${mark}${title || "New chat"} · Netra`;
    const href = (sign && link.dataset[sign]) || plainIcon;
    if (link.getAttribute("href") !== href) link.setAttribute("href", href);
  };
}
