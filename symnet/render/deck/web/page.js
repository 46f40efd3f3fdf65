"use strict";
/* The slide show.  Without it the file is a page of all slides, and so it is again when they are asked for. */
(() => {
  const root = document.documentElement;
  root.classList.add("show");

  const FITS = [1, 0.94, 0.88, 0.82, 0.76, 0.7]; // how much smaller a slide may get before it scrolls
  const LEAST = 16; // and the smallest type that it is given, in pixels
  const SWIPE = 40; // pixels

  function start() {
    const slides = [...document.querySelectorAll(".slide")];
    const nav = document.querySelector("nav");
    const [back, on, all] = [".back", ".on", ".all"].map((name) => nav.querySelector(name));
    const calm = matchMedia("(prefers-reduced-motion: reduce)");
    const stepsOf = (slide) => Number(slide.dataset.steps);
    let at = 0; // the slide
    let step = 1; // how much of it is revealed

    // What appears with which step; the marks of a picture appear in stages.
    const reveals = slides.map((slide) =>
      [...slide.querySelectorAll("[data-step]")].flatMap((block) => {
        const first = Number(block.dataset.step);
        const stages = [...block.querySelectorAll("[data-stage]")].filter((mark) => mark.dataset.stage !== "0");
        return [[block, first], ...stages.map((mark) => [mark, first + Number(mark.dataset.stage)])];
      }),
    );

    // ---- where we are
    const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

    function go(slide, steps) {
      at = clamp(slide, 0, slides.length - 1);
      step = clamp(steps, 1, stepsOf(slides[at]));
      draw();
    }

    function draw() {
      const slide = slides[at];
      for (const other of slides) other.classList.toggle("current", other === slide);
      for (const [mark, when] of reveals[at]) {
        mark.classList.toggle("to-come", when > step);
        mark.classList.toggle("newest", when === step && stepsOf(slide) > 1);
      }
      const last = slides.length - 1;
      nav.querySelector(".count").textContent = at ? `${at} / ${last}` : "";
      nav.querySelector(".unseen").textContent = slide.dataset.title;
      // A disabled button would lose the focus.
      back.setAttribute("aria-disabled", String(at === 0));
      on.setAttribute("aria-disabled", String(at === last && step === stepsOf(slide)));
      root.style.setProperty("--done", last ? (at + step / stepsOf(slide) - 1) / last : 1);
      if (showing()) {
        fit(slide);
        if (step > 1) show(newest());
        else slide.scrollTop = 0;
      }
      const here = `#${at}${step > 1 ? `.${step}` : ""}`;
      if (location.hash !== here) history.replaceState(null, "", here);
    }

    // What appeared last: a block, a row, or the picture of which a part appeared.
    function newest() {
      const found = [...slides[at].querySelectorAll(".newest")].pop();
      return found ? found.closest(".picture") || found : slides[at].lastElementChild;
    }

    function show(block) {
      const tall = block.clientHeight > 0.7 * innerHeight;
      block.scrollIntoView({ block: tall ? "start" : "nearest", behavior: calm.matches ? "auto" : "smooth" });
    }

    function read() {
      const found = /^#(\d{1,6})(?:\.(\d{1,6}))?$/.exec(location.hash);
      go(found ? Number(found[1]) : 0, found && found[2] ? Number(found[2]) : 1);
    }

    // What is taller than the window is read to its end first.
    function readOn() {
      const slide = slides[at];
      const block = newest();
      const rest = block.getBoundingClientRect().bottom - nav.getBoundingClientRect().top;
      if (rest < 1 || block.clientHeight < slide.clientHeight - 2 * nav.clientHeight) return false;
      slide.scrollBy({ top: Math.min(rest + 8, 0.7 * slide.clientHeight), behavior: calm.matches ? "auto" : "smooth" });
      return true;
    }

    function forward() {
      if (readOn()) return;
      if (step < stepsOf(slides[at])) go(at, step + 1);
      else if (at < slides.length - 1) go(at + 1, 1);
    }

    function backward() {
      if (step > 1) go(at, step - 1);
      else if (at > 0) go(at - 1, Infinity);
    }

    // ---- the size of a slide: it depends on the window, not on what is revealed
    function fit(slide) {
      const room = `${innerWidth} ${innerHeight}`;
      if (slide.dataset.fitted === room) return;
      slide.dataset.fitted = room;
      const size = parseFloat(getComputedStyle(slide).fontSize);
      const factors = FITS.filter((factor) => factor === 1 || factor * size >= LEAST);
      const fits = (factor) => {
        slide.style.setProperty("--fit", factor);
        return slide.scrollHeight <= slide.clientHeight;
      };
      // What has to scroll in any case need not be small.
      if (!factors.some(fits)) fits(factors[(factors.length - 1) >> 1]);
      if (slide.scrollHeight > slide.clientHeight) slide.tabIndex = 0;
      else slide.removeAttribute("tabindex");
      for (const table of slide.querySelectorAll(".table")) table.tabIndex = slidesAcross(table) ? 0 : -1;
    }

    // Paper does not scroll: what is too tall for its page is made smaller, or set in two columns where that is larger.
    function fitToPaper() {
      const shown = showing();
      root.classList.replace("show", "paper") || root.classList.add("paper");
      for (const slide of slides) {
        const matter = slide.querySelector(".matter");
        if (!matter) continue;
        matter.classList.remove("columns");
        const single = largest(slide);
        if (single < 0.6) {
          matter.classList.add("columns");
          if (largest(slide) < 1.1 * single) {
            matter.classList.remove("columns");
            slide.style.setProperty("--paper", single);
          }
        }
      }
      root.classList.remove("paper");
      if (shown) {
        root.classList.add("show");
        draw();
      }
    }

    function largest(slide) {
      const fits = (factor) => {
        slide.style.setProperty("--paper", factor);
        return slide.getBoundingClientRect().height <= 719;
      };
      if (fits(1)) return 1;
      let [low, high] = [0.2, 1];
      while (high - low > 0.01) {
        const middle = (low + high) / 2;
        if (fits(middle)) low = middle;
        else high = middle;
      }
      fits(low);
      return low;
    }

    // ---- all slides as a page
    const showing = () => root.classList.contains("show");

    function showAll(yes) {
      root.classList.toggle("show", !yes);
      all.setAttribute("aria-pressed", String(yes));
      back.hidden = on.hidden = yes;
      nav.querySelector(".count").hidden = yes;
      if (yes) slides[at].scrollIntoView();
      else draw();
    }

    // ---- keys, clicks, touch
    // Whether an element stands in something that is itself moved to the left and right.
    function slidesAcross(element) {
      const inner = element.closest(".table, .wide");
      return inner !== null && inner.scrollWidth > inner.clientWidth;
    }

    const KEYS = {
      ArrowRight: forward, ArrowDown: forward, PageDown: forward, " ": forward,
      ArrowLeft: backward, ArrowUp: backward, PageUp: backward,
      Home: () => go(0, 1), End: () => go(slides.length - 1, Infinity),
    };

    function onKey(event) {
      if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || !showing()) return;
      if (event.key === " " && event.target.closest("button, [role=button]")) return;
      if (event.key.startsWith("Arrow") && slidesAcross(event.target)) return;
      let action = KEYS[event.key];
      if (event.shiftKey && event.key === " ") action = backward;
      else if (event.shiftKey && action === forward) action = () => go(at + 1, 1);
      else if (event.shiftKey && action === backward) action = () => go(step > 1 ? at : at - 1, 1);
      if (!action) return;
      event.preventDefault();
      action();
    }

    function onClick(event) {
      const busy = event.target.closest("button, [role=button], a");
      if (!showing() || busy || event.button || !getSelection().isCollapsed) return;
      if (event.clientX < innerWidth / 4) backward();
      else forward();
    }

    let touch = null;
    function onTouchStart(event) {
      touch = event.touches.length === 1 && !slidesAcross(event.target) ? event.touches[0] : null;
    }
    function onTouchEnd(event) {
      if (!touch || !showing() || (window.visualViewport && visualViewport.scale > 1.01)) return;
      const [x, y] = [event.changedTouches[0].clientX - touch.clientX, event.changedTouches[0].clientY - touch.clientY];
      touch = null;
      if (Math.abs(x) < SWIPE || Math.abs(x) < 1.5 * Math.abs(y)) return;
      event.preventDefault(); // no click follows
      if (x < 0) forward();
      else backward();
    }

    // ---- copying LaTeX
    const said = document.querySelector(".said");
    let silence = 0;
    function say(text, milliseconds) {
      said.textContent = text;
      clearTimeout(silence);
      silence = setTimeout(() => { said.textContent = ""; }, milliseconds);
    }

    async function copy(formula) {
      const source = formula.dataset.copied || formula.firstElementChild.getAttribute("aria-label");
      if (await toClipboard(source)) {
        say(nav.dataset.copied, 1500);
        formula.classList.add("copied");
        setTimeout(() => formula.classList.remove("copied"), 700);
      } else say(`${nav.dataset.failed} ${source}`, 15000);
    }

    async function toClipboard(source) {
      try {
        await navigator.clipboard.writeText(source);
        return true;
      } catch {
        const focused = document.activeElement;
        const field = document.createElement("textarea");
        field.className = "unseen";
        field.value = source;
        document.body.append(field);
        field.select();
        const done = document.execCommand("copy");
        field.remove();
        if (focused) focused.focus();
        return done;
      }
    }

    // After a click the focus stays where it was: the space bar is to go on, not to do the same again.
    for (const button of [...document.querySelectorAll(".formula"), back, on])
      button.addEventListener("mousedown", (event) => event.preventDefault());
    for (const formula of document.querySelectorAll(".formula")) {
      formula.setAttribute("role", "button");
      formula.tabIndex = 0;
      formula.title = nav.dataset.copy;
      formula.addEventListener("click", () => copy(formula));
      formula.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        copy(formula);
      });
    }

    back.addEventListener("click", backward);
    on.addEventListener("click", forward);
    all.addEventListener("click", () => showAll(showing()));
    document.addEventListener("keydown", onKey);
    document.addEventListener("click", onClick);
    document.addEventListener("touchstart", onTouchStart, { passive: true });
    document.addEventListener("touchend", onTouchEnd, { passive: false });
    addEventListener("hashchange", read);
    addEventListener("resize", () => { if (showing()) fit(slides[at]); });
    addEventListener("beforeprint", fitToPaper);
    nav.hidden = false;
    read();
  }

  document.addEventListener("DOMContentLoaded", () => {
    try {
      start();
    } catch (error) {
      root.classList.remove("show");
      throw error;
    }
  });
})();
