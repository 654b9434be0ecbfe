/** How figures are written. Three digits: more would be noise. */

export function exact(number) {
  return number.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

export function threeDigits(number) {
  if (Math.abs(number) >= 1000) return exact(Number(number.toPrecision(3)));
  if (Math.abs(number) >= 100) return number.toFixed(0);
  if (Math.abs(number) >= 10) return number.toFixed(1);
  return number.toFixed(2);
}

export function kib(bytes) {
  return (bytes / 1024).toFixed(1);
}

export function mib(bytes) {
  return threeDigits(bytes / 1024 / 1024);
}

export function percent(share) {
  return `${(share * 100).toFixed(0)} %`;
}

export function times(ratio) {
  return `${ratio.toFixed(2)}×`;
}
