import { Centrifuge, State } from 'centrifuge';

export function follow({ onMessage, onConnected }) {
  const client = new Centrifuge('ws://gateway/connection/websocket');
  client.on('state', ({ newState }) => onConnected(newState === State.Connected));
  const subscription = client.newSubscription('books:1');
  subscription.on('publication', onMessage);
  subscription.subscribe();
  client.connect();
}
