/* core/base/turn.h -- several workers, one sum, in a fixed order. Public header.
 *
 * Floating-point sums depend on their order. Pieces of work that add to the same places take
 * turns: piece 0 adds first, then 1, and so on, at each place on its own, so that piece 1 adds to
 * one tensor while piece 0 is at the next. A piece must be started after those before it
 * (core/base/pool does so), and must pass every turn it might take. */
#ifndef DS_CORE_BASE_TURN_H
#define DS_CORE_BASE_TURN_H

/* next [places]: whose turn it is, zeros at first. NULL next: nobody else is there. */
struct ds_turn {
    int *next;
    int mine;
};

/* Returns when everybody before has passed; what they wrote is seen. */
void ds_turn_wait(struct ds_turn turn, int place);
void ds_turn_pass(struct ds_turn turn, int place);

#endif
