/** The format for people of who is present. @param isListed whether members are given one by one. */
export function presenceFormat(isListed: boolean): string {
  return isListed ? '%(count)s present: %(members)s' : '%(count)s present.';
}
