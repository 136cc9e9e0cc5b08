import express, { type Express } from 'express';
import type { Votes } from './votes.ts';

export function expressServer(votes: Votes): Express {
  const server = express();
  server.use(express.json());
  server.post('/votes/:candidate', async (request, response) => {
    const { candidate } = request.params;
    const { voter } = request.body as { voter?: unknown };
    if (typeof voter !== 'string') {
      response.status(400).json({ message: 'The body names no voter: {"voter": "ann"}' });
      return;
    }
    response.status(201).json({ candidate, count: await votes.vote(candidate, voter) });
  });
  server.get('/votes/:candidate', async ({ params: { candidate } }, response) => {
    response.json({ candidate, count: await votes.count(candidate) });
  });
  return server;
}
