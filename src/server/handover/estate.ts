import { listText, publicationsIn } from '../../broker/workers/history-frames.js';
import type { MemoryEstate } from '../../broker/memory.history.js';
import { channelOf, relayFrame, textOf } from '../../broker/workers/relay-frame.js';
import type { JsonText } from '../../protocol/json/json.js';

type KeptChannel = MemoryEstate['channels'][number];
type Header = Omit<KeptChannel, 'publications'> | Omit<MemoryEstate, 'channels'>;

/** The frames in which one process gives all its histories to another, channel by channel; the last one says that it is. */
export function* estateFrames({ channels, ...rest }: MemoryEstate): Generator<Buffer, void, void> {
  for (const { publications, ...header } of channels) yield frame(header, listText(publications));
  yield frame(rest);
}

/** Collects the frames of {@link estateFrames}. */
export class EstateReader {
  private readonly channels: KeptChannel[] = [];

  /** @returns the whole with the last frame. */
  take(bytes: Buffer): MemoryEstate | undefined {
    const header = JSON.parse(channelOf(bytes)) as Header;
    if ('epoch' in header) return { ...header, channels: this.channels };
    this.channels.push({ ...header, publications: publicationsIn(textOf(bytes)) });
    return undefined;
  }
}

function frame(header: Header, text = ''): Buffer {
  return relayFrame({ channel: JSON.stringify(header), text: text as JsonText });
}
