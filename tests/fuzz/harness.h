/* What the fuzzing harnesses share: a check that stops the program, and, with
 * -DRS_REPLAY_MAIN, a main that runs the files given as arguments, or standard input. */
#ifndef RECORDSMITH_HARNESS_H
#define RECORDSMITH_HARNESS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define REQUIRE(cond)                                                                    \
    do {                                                                                 \
        if (!(cond)) {                                                                   \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);                   \
            abort();                                                                     \
        }                                                                                \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#ifdef RS_REPLAY_MAIN
static void replay(FILE *file)
{
    static uint8_t data[1 << 20];
    REQUIRE(file != NULL);
    LLVMFuzzerTestOneInput(data, fread(data, 1, sizeof data, file));
}

int main(int argc, char **argv)
{
    if (argc == 1) {
        replay(stdin);
    }
    for (int i = 1; i < argc; i++) {
        FILE *const file = fopen(argv[i], "rb");
        replay(file);
        fclose(file);
    }
    printf("%d inputs\n", argc == 1 ? 1 : argc - 1);
    return 0;
}
#endif

#endif
