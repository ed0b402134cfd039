// The thread list as a drawer on narrow screens: opens over the page, closes with Escape, gives the focus back.

export function createDrawer(sidebar, button, scrim) {
  const narrow = matchMedia("(max-width: 799px)");
  const main = document.querySelector("#main");

  function set(open) {
    document.body.classList.toggle("drawer-open", open);
    button.setAttribute("aria-expanded", String(open));
    sidebar.inert = narrow.matches && !open;
    main.inert = narrow.matches && open;
    scrim.hidden = !open;
  }

  function open() {
    set(true);
    sidebar.querySelector("a, button")?.focus();
  }

  function close() {
    set(false);
    button.focus();
  }

  return {
    start() {
      set(false);
      narrow.addEventListener("change", () => set(false));
      button.addEventListener("click", () => (document.body.classList.contains("drawer-open") ? close() : open()));
      scrim.addEventListener("click", close);
      sidebar.querySelector("[data-close]")?.addEventListener("click", close);
      document.addEventListener("keydown", (event) => event.key === "Escape" && document.body.classList.contains("drawer-open") && close());
    },
  };
}
