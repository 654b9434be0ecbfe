const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text for an HTML page. */
export function escape(text) {
  return text.replaceAll(/[&<>"]/g, (character) => ENTITIES[character]);
}
