import { io } from 'socket.io-client';

export function follow({ onMessage, onConnected }) {
  const socket = io('ws://gateway', { transports: ['websocket'], forceNew: true });
  socket.on('connect', () => {
    onConnected(true);
    socket.emit('join', 'books.1');
  });
  socket.on('disconnect', () => onConnected(false));
  socket.on('update', onMessage);
}
