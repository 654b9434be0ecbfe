import { SetMetadata } from '@nestjs/common';

/** The metadata key of {@link BeforeConnect}: a list of {@link ClientEndpoint}. */
export const BEFORE_CONNECT = 'kittiwake:before-connect';

/** An endpoint where clients connect. */
export type ClientEndpoint = 'topics' | 'rooms' | 'procedures';

/**
 * Marks the method of a provider that is asked before a client connects, with a {@link ConnectRequest}: nothing of the client is
 * read before. It refuses by returning false or by throwing, as guards on it do. A client of topics is then closed with
 * 4401, where status 401 was thrown, or 4403; one of rooms as one that may join nothing; the handshake of one of procedures is
 * answered with 401 or 403, and so is a call over plain HTTP, each of which is asked about. Where it fails, clients are told to come back. If there are several, all have to agree.
 * @param endpoints those that it is asked for; none are all that the app has.
 */
export const BeforeConnect = (...endpoints: ClientEndpoint[]): MethodDecorator =>
  SetMetadata(BEFORE_CONNECT, endpoints);
