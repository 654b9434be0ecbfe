import { Centrifuge } from 'centrifuge';

const client = new Centrifuge('/ws');
const subscription = client.newSubscription('books:1');
subscription.on('publication', console.log);
subscription.subscribe();
client.connect();
