// Building elements and keeping keyed lists of them in step with data.

function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : String(value));
}

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  const { text, on, ...rest } = attributes;
  for (const [name, value] of Object.entries(rest)) setAttribute(node, name, value);
  for (const [name, listener] of Object.entries(on ?? {})) node.addEventListener(name, listener);
  if (text !== undefined) node.textContent = text;
  node.append(...children.filter((child) => child !== null));
  return node;
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const svgNamespace = "http://www.w3.org/2000/svg";

export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(svgNamespace, tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value);
  node.append(...children);
  return node;
}

const iconPaths = {
  check: "M3.5 8.5l3 3 6-7",
  cross: "M4 4l8 8M12 4l-8 8",
  redo: "M12.5 6A5 5 0 1 0 13 9M12.8 2.8V6.2H9.4",
  copy: "M6 6h7v7H6zM3 10V3h7",
  down: "M8 3v9M4 8.5L8 12.5l4-4",
  chevron: "M6 4l4 4-4 4",
  swap: "M3 5.5h9M9.5 3l2.5 2.5L9.5 8M13 10.5H4M6.5 8L4 10.5 6.5 13",
  stop: "M5 5h6v6H5z",
};

export function icon(name) {
  const path = svg("path", { d: iconPaths[name] });
  return svg("svg", { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true", focusable: "false" }, path);
}

// Moves only what is out of place, so focus, selection and open <details> survive.
function placeInOrder(parent, nodes) {
  nodes.forEach((node, index) => {
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null);
  });
  while (parent.children.length > nodes.length) parent.lastElementChild.remove();
}

// `create(item)` gives `{element, update(item, context)}`; an item's part lives as long as its key, `find(key)` gives it.
export function keyedList(parent, keyOf, create) {
  let parts = new Map();
  update.find = (key) => parts.get(key) ?? null;
  return update;

  function update(items, context) {
    const next = new Map();
    for (const [index, item] of items.entries()) {
      const key = keyOf(item, index);
      const part = parts.get(key) ?? create(item);
      part.update(item, context);
      next.set(key, part);
    }
    parts = next;
    placeInOrder(parent, [...next.values()].map((part) => part.element));
  }
}
