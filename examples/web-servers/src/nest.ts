import 'reflect-metadata';
import {
  BadRequestException,
  Body,
  Controller,
  type DynamicModule,
  Get,
  Inject,
  Module,
  type OnApplicationShutdown,
  Param,
  Post,
} from '@nestjs/common';
import type { Votes } from './votes.ts';

const VOTES = Symbol('votes');

@Controller('votes')
class VotesController {
  readonly #votes: Votes;

  constructor(@Inject(VOTES) votes: Votes) {
    this.#votes = votes;
  }

  @Post(':candidate')
  async vote(@Param('candidate') candidate: string, @Body() body: { voter?: unknown }) {
    if (typeof body.voter !== 'string') throw new BadRequestException('The body names no voter');
    return { candidate, count: await this.#votes.vote(candidate, body.voter) };
  }

  @Get(':candidate')
  async count(@Param('candidate') candidate: string) {
    return { candidate, count: await this.#votes.count(candidate) };
  }
}

/** Closes the pipeline with the server: after `app.enableShutdownHooks()` at SIGTERM too. */
@Module({})
export class VotesModule implements OnApplicationShutdown {
  readonly #votes: Votes;

  constructor(@Inject(VOTES) votes: Votes) {
    this.#votes = votes;
  }

  /** The pipeline is started while Nest starts, before requests come. */
  static with(start: () => Promise<Votes>): DynamicModule {
    return {
      module: VotesModule,
      providers: [{ provide: VOTES, useFactory: start }],
      controllers: [VotesController],
    };
  }

  onApplicationShutdown(): Promise<void> {
    return this.#votes.close();
  }
}
