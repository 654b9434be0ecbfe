import { io } from 'socket.io-client';

io('/', { transports: ['websocket'] }).on('update', console.log);
