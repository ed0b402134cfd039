// Files dropped anywhere on the page; the zone shows as soon as a file hovers over it.
import { el } from "./dom.js";

function bringsFiles(event) {
  return [...(event.dataTransfer?.types ?? [])].includes("Files");
}

// `place()` is where the zone belongs: the open dialog, which lies above everything else, or the page.
export function createDropZone({ place, words, dropped }) {
  const text = el("p", {});
  const zone = el("div", { class: "drop-zone", "aria-hidden": "true" }, text);

  function over(event) {
    if (!bringsFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    if (zone.isConnected) return;
    text.textContent = words();
    place().append(zone);
  }

  function leave(event) {
    if (event.relatedTarget === null) zone.remove();
  }

  function drop(event) {
    zone.remove();
    if (!bringsFiles(event)) return;
    event.preventDefault();
    const { files } = event.dataTransfer;
    if (files.length) dropped([...files]);
  }

  addEventListener("dragenter", over);
  addEventListener("dragover", over);
  addEventListener("dragleave", leave);
  addEventListener("drop", drop);
}
