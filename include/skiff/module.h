/* SPDX-License-Identifier: BSD-2-Clause */
/* module_init() and its company, so that a driver or protocol file also builds as a kernel module. */
#ifndef SKIFF_MODULE_H
#define SKIFF_MODULE_H

#include <skiff/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * In the kernel a module's entry points are found when it is loaded. Here its file is linked into
 * a program, and skiff_modules_init() starts all such files of the program or shared library that
 * calls it, as the kernel starts what is built in.
 *
 * A file that is compiled with -D__KBUILD_MODNAME=kmod_<name>, as Kbuild does, is left out of that:
 * the program names the module where it wants it started:
 *
 *	SKIFF_DECLARE_MODULE(kmod_foo);
 *	...
 *	err = SKIFF_MODULE_INIT(kmod_foo);
 *	...
 *	SKIFF_MODULE_EXIT(kmod_foo);
 *
 * So several modules fit in one program, and nothing runs before main().
 */
#define __SKIFF_PASTE(a, b) a##b
#define __SKIFF_MODULE_NAME(mod, what) __SKIFF_PASTE(mod, what)

#define SKIFF_DECLARE_MODULE(mod)                         \
	int __SKIFF_MODULE_NAME(mod, _module_init)(void); \
	void __SKIFF_MODULE_NAME(mod, _module_exit)(void)
#define SKIFF_MODULE_INIT(mod) __SKIFF_MODULE_NAME(mod, _module_init)()
#define SKIFF_MODULE_EXIT(mod) __SKIFF_MODULE_NAME(mod, _module_exit)()

/* What a file says by module_init() or module_exit(); the other function is NULL. */
struct skiff_module {
	int (*init)(void);
	void (*exit)(void);
	const void *file;
};

/* The linker gathers the pointers and names both ends; weak, as a program may have no module. */
#define __SKIFF_MODULES_END __attribute__((__weak__, __visibility__("hidden")))
extern struct skiff_module *const __start_skiff_modules[] __SKIFF_MODULES_END;
extern struct skiff_module *const __stop_skiff_modules[] __SKIFF_MODULES_END;

static inline void __skiff_module_end(const void *file)
{
	struct skiff_module *const *at;

	for (at = __start_skiff_modules; at != __stop_skiff_modules; at++)
		if ((*at)->file == file && (*at)->exit)
			(*at)->exit();
}

static inline void __skiff_modules_end(struct skiff_module *const *end)
{
	while (end != __start_skiff_modules)
		if ((*--end)->init)
			__skiff_module_end((*end)->file);
}

/**
 * skiff_modules_init() - start the modules that have no name
 *
 * Calls what they gave module_init(), in the order in which they were linked. Before the first
 * host runs, or with the stack lock of the host that their devices are to be in.
 *
 * Return: 0, or the error of the first that failed; those before it are ended again.
 */
static inline int skiff_modules_init(void)
{
	struct skiff_module *const *at;
	int err;

	for (at = __start_skiff_modules; at != __stop_skiff_modules; at++) {
		err = (*at)->init ? (*at)->init() : 0;
		if (err) {
			__skiff_modules_end(at);
			return err;
		}
	}
	return 0;
}

/**
 * skiff_modules_exit() - end what skiff_modules_init() started
 *
 * Calls what the modules gave module_exit(), the last one started first. Context as there.
 */
static inline void skiff_modules_exit(void)
{
	__skiff_modules_end(__stop_skiff_modules);
}

#ifndef __KBUILD_MODNAME

/* Kept even when the linker throws away what nobody names. */
#if defined(__has_attribute) && __has_attribute(__retain__)
#define __SKIFF_MODULES_KEEP __attribute__((__used__, __retain__, __section__("skiff_modules")))
#else
#define __SKIFF_MODULES_KEEP __attribute__((__used__, __section__("skiff_modules")))
#endif

/* __skiff_module_file is one variable, however often it is said: it tells the files apart. */
#define __SKIFF_MODULE_ENTRY(what, initfn, exitfn)                                             \
	static char __skiff_module_file;                                                       \
	static struct skiff_module __skiff_module_##what = { initfn, exitfn,                   \
							     &__skiff_module_file };           \
	static struct skiff_module *const __skiff_module_##what##_entry __SKIFF_MODULES_KEEP = \
		&__skiff_module_##what
#define module_init(initfn) __SKIFF_MODULE_ENTRY(init, initfn, NULL)
#define module_exit(exitfn) __SKIFF_MODULE_ENTRY(exit, NULL, exitfn)

#else

#define module_init(initfn)                                            \
	int __SKIFF_MODULE_NAME(__KBUILD_MODNAME, _module_init)(void); \
	int __SKIFF_MODULE_NAME(__KBUILD_MODNAME, _module_init)(void)  \
	{                                                              \
		return initfn();                                       \
	}
#define module_exit(exitfn)                                             \
	void __SKIFF_MODULE_NAME(__KBUILD_MODNAME, _module_exit)(void); \
	void __SKIFF_MODULE_NAME(__KBUILD_MODNAME, _module_exit)(void)  \
	{                                                               \
		exitfn();                                               \
	}

#endif

/* Nothing is unloaded or thrown away after the start. */
#define __init
#define __exit
#define __initdata
#define __read_mostly
#define __ro_after_init

/* What describes a module to the kernel's tools has no reader here. */
#define __SKIFF_MODULE_TEXT(text) struct __skiff_module_text
#define MODULE_LICENSE(text) __SKIFF_MODULE_TEXT(text)
#define MODULE_AUTHOR(text) __SKIFF_MODULE_TEXT(text)
#define MODULE_DESCRIPTION(text) __SKIFF_MODULE_TEXT(text)
#define MODULE_VERSION(text) __SKIFF_MODULE_TEXT(text)
#define MODULE_ALIAS(text) __SKIFF_MODULE_TEXT(text)

struct module;
#define THIS_MODULE ((struct module *)0)

#define EXPORT_SYMBOL(name) __SKIFF_MODULE_TEXT(name)
#define EXPORT_SYMBOL_GPL(name) __SKIFF_MODULE_TEXT(name)

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_MODULE_H */
