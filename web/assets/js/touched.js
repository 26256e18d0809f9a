// Whether somebody typed, chose or picked something in a field and has not sent it. Ticks are not
// asked: they are carried over.

export function touched(field) {
  if (field.type === "file") return field.files.length > 0;
  if (field.type === "checkbox") return false;
  if (field.type === "radio") return field.checked !== field.defaultChecked;
  if (!field.options) return field.value !== field.defaultValue;
  const options = [...field.options], set = options.findLastIndex((option) => option.defaultSelected);
  if (!field.multiple) return field.selectedIndex > -1 && field.selectedIndex !== Math.max(0, set);
  return options.some((option) => option.selected !== option.defaultSelected);
}
