// Files that are pasted or dropped go where chosen ones go.

const inputOf = (box) => box.querySelector('[data-when="reply"]:not([hidden]) input[type="file"]');

export function attach(box, event, data) {
  const input = inputOf(box);
  if (!input || !data?.files.length) return;
  event.preventDefault();
  const all = new DataTransfer();
  for (const file of [...(input.multiple ? input.files : []), ...data.files]) all.items.add(file);
  input.files = all.files;
  attached(box);
}

export function attached(box) {
  const input = inputOf(box);
  input?.classList.toggle("has-file", input.files.length > 0);
}
