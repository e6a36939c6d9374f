/* A small driver library: enough of NVML's interface for two samples. MODE in the file $FAKE_NVML says how it acts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct { unsigned long long total, free, used; } memory_t;
typedef struct { unsigned int pid; unsigned long long used; unsigned int gi, ci; } process_t;

static int is(const char *word) {
    char mode[64] = "";
    FILE *file = fopen(getenv("FAKE_NVML"), "r");
    if (file) { if (fscanf(file, "%63s", mode) != 1) mode[0] = 0; fclose(file); }
    return strcmp(mode, word) == 0;
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
    if (is("unsupported")) return 3;
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
