/* A small driver library: enough of NVML's interface for one GPU's samples. Words in the file $FAKE_NVML say how it
   acts: a mode, then the pids of two processes that keep it busy, the first at 30 %, the second at 20 %. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct { unsigned long long total, free, used; } memory_t;
typedef struct { unsigned int pid; unsigned long long used; unsigned int gi, ci; } process_t;

typedef struct { unsigned int pid; unsigned long long stamp; unsigned int sm, memory, encoder, decoder; } busy_t;
typedef struct { unsigned int gpu, memory; } rates_t;

static int told(char *mode, unsigned int *pids) {
    FILE *file = fopen(getenv("FAKE_NVML"), "r");
    int words = file ? fscanf(file, "%63s %u %u", mode, &pids[0], &pids[1]) : 0;
    if (file) fclose(file);
    return words;
}
static int is(const char *word) {
    char mode[64] = "";
    unsigned int pids[2];
    return told(mode, pids) > 0 && strcmp(mode, word) == 0;
}
int nvmlInit_v2(void) { return is("mismatch") ? 18 : is("unloaded") ? 9 : 0; }
int nvmlInitWithFlags(unsigned int flags) { (void)flags; return nvmlInit_v2(); }
int nvmlShutdown(void) { return 0; }
const char *nvmlErrorString(int code) { (void)code; return "some error"; }
int nvmlDeviceGetCount_v2(unsigned int *count) { *count = 1; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void **handle) { *handle = (void *)(long)(index + 1); return 0; }
int nvmlDeviceGetUUID(void *handle, char *text, unsigned int size) { (void)handle; snprintf(text, size, "GPU-fake"); return 0; }
int nvmlDeviceGetName(void *handle, char *text, unsigned int size) { (void)handle; snprintf(text, size, "Fake 9000"); return 0; }
int nvmlSystemGetDriverVersion(char *text, unsigned int size) { snprintf(text, size, "999.1"); return 0; }
int nvmlDeviceGetMemoryInfo(void *handle, memory_t *memory) {
    (void)handle;
    if (is("lost")) return 15;
    if (is("mismatch")) return 18;
    if (is("unsupported")) return 3;
    while (is("hung")) sleep(1);
    memory->total = 1000; memory->used = 400; memory->free = 600;
    return 0;
}
int nvmlDeviceGetComputeRunningProcesses_v3(void *handle, unsigned int *count, process_t *list) {
    (void)handle;
    if (*count < 2) { *count = 2; return 7; }
    *count = 2;
    memset(list, 0, 2 * sizeof *list);
    list[0].pid = 11; list[0].used = is("untold") ? ~0ULL : is("zero") ? 0 : 100;
    list[1].pid = 22; list[1].used = 50;
    return 0;
}
int nvmlDeviceGetUtilizationRates(void *handle, rates_t *rates) {
    (void)handle;
    if (is("lost")) return 15;
    if (is("unsupported")) return 3;
    rates->gpu = 50; rates->memory = 10;
    return 0;
}
int nvmlDeviceGetProcessUtilization(void *handle, busy_t *list, unsigned int *count, unsigned long long since) {
    char mode[64] = "";
    unsigned int pids[2], i, n = 3;
    (void)handle;
    if (is("lost")) return 15;
    if (is("unsupported")) return 3;
    if (told(mode, pids) < 3) return 6;
    if (*count < n) { *count = n; return 7; }
    *count = n;
    memset(list, 0, n * sizeof *list);
    for (i = 0; i < n; i++) { list[i].pid = pids[i % 2]; list[i].stamp = since + 2 - i; }
    list[0].sm = 30; list[1].sm = 20; list[2].sm = 90; /* an older sample of the first */
    return 0;
}
int nvmlDeviceGetPowerUsage(void *handle, unsigned int *milliwatts) {
    (void)handle;
    if (is("lost")) return 15;
    if (is("unsupported")) return 4;
    *milliwatts = 71500;
    return 0;
}
int nvmlDeviceGetClockInfo(void *handle, int type, unsigned int *megahertz) {
    (void)handle;
    if (is("lost")) return 15;
    *megahertz = type == 1 ? 1410 : 0;
    return 0;
}
int nvmlDeviceGetCurrentClocksThrottleReasons(void *handle, unsigned long long *bits) { /* the name of older drivers */
    (void)handle;
    if (is("lost")) return 15;
    *bits = is("hot") ? 0x40 | 0x8 : is("capped") ? 0x4 : 0x1;
    return 0;
}
