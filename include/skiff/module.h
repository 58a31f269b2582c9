/* SPDX-License-Identifier: BSD-2-Clause */
/* module_init() and its company, so that a driver or protocol file also builds as a kernel module. */
#ifndef SKIFF_MODULE_H
#define SKIFF_MODULE_H

#include <skiff/kernel.h>

/*
 * In the kernel a module's entry points are found by name when it is loaded. Here the file is
 * compiled with -D__KBUILD_MODNAME=kmod_<name>, as Kbuild does, and linked into a program, which
 * names the module where it wants it started:
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

#endif /* SKIFF_MODULE_H */
