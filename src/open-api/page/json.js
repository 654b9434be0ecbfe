const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{}]|[:,]|[^\s"[\]{}:,]+/g;

/** JSON on several lines. It stays text, so that no number loses digits. What is not JSON stays as it is. */
export function indented(text) {
  if (!isJson(text)) return text;
  const tokens = text.match(TOKEN);
  let depth = 0;
  return tokens
    .map((token, index) => {
      const isEmpty = '[{'.includes(tokens[index - 1] ?? ' ');
      if (token === ':') return ': ';
      if (token === ',') return `,${lineAt(depth)}`;
      if ('[{'.includes(token)) {
        depth++;
        return ']}'.includes(tokens[index + 1]) ? token : token + lineAt(depth);
      }
      if (!']}'.includes(token)) return token;
      depth--;
      return isEmpty ? token : lineAt(depth) + token;
    })
    .join('');
}

export function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function lineAt(depth) {
  return `\n${'  '.repeat(depth)}`;
}
