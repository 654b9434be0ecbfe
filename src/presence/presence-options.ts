import { PRESENCE_VIEWS, type PresenceView } from '../config/sections/presence.settings.js';
import { isObjectText, type JsonText, membersOf, valueOf } from '../protocol/json/json.js';

/** The presence of one client, by the app's options. */
export interface PresenceOptions {
  /** The most that it may see; absent if the app does not say it. */
  readonly view: PresenceView | undefined;
  /** Whether others are not shown it. */
  readonly isHidden: boolean;
}

/** Reads the options of an answer of the app. What it cannot mean lets the client see nothing. */
export function presenceOptions(options: JsonText | undefined): PresenceOptions {
  const given = options !== undefined && isObjectText(options) ? membersOf(options) : undefined;
  return { view: viewOf(given?.get('presence')), isHidden: given?.get('hidden') === 'true' };
}

/** The view of who is present that a client asks for; nothing if it does not ask. */
export function presenceWish(given: unknown): PresenceView | undefined {
  if (given === true) return 'members';
  return given === 'count' ? 'count' : undefined;
}

/** The one that shows less. */
export function narrower(one: PresenceView, other: PresenceView): PresenceView {
  return PRESENCE_VIEWS[Math.min(PRESENCE_VIEWS.indexOf(one), PRESENCE_VIEWS.indexOf(other))]!;
}

function viewOf(text: JsonText | undefined): PresenceView | undefined {
  if (text === undefined || text === 'null') return undefined;
  const value = valueOf(text);
  if (value === true) return 'members';
  return PRESENCE_VIEWS.find((view) => view === value) ?? 'none';
}
