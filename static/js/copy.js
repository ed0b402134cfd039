// A button that copies the text of another element; without scripts the text can still be selected by hand.

function selectText(node) {
  const range = document.createRange();
  range.selectNodeContents(node);
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}

async function copy(button, source) {
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = "Copied";
  } catch {
    // Not allowed, or no secure connection: the selected text waits for the keyboard.
    selectText(source);
    button.textContent = "Press Ctrl+C";
  }
}

for (const button of document.querySelectorAll("[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", () => copy(button, source));
}
