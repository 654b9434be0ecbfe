import { createClient, topic } from '../../../client/dist/index.js';

topic(createClient({ url: '/ws' }), 'books.1').on('update', console.log);
