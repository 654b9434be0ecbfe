import { post } from './api.js';

const form = document.getElementById('login-form');
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  try {
    await post('/api/login/', Object.fromEntries(new FormData(form)));
    location.assign('/');
  } catch (error) {
    document.getElementById('note').textContent = error.message;
  }
});
