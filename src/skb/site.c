// SPDX-License-Identifier: BSD-2-Clause
/* Names for code addresses, for panics and the leak report: what called, as readable as it gets. */
/*
 * dladdr() knows exported functions only, and most callers are static or in a program that exports
 * nothing. So the symbol table of the file is read, which stays there unless it was stripped.
 * All of this runs when something went wrong, so it is slow, trusts nothing and never fails: what
 * can't be named becomes "file+0x1234", which addr2line understands.
 */
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skiff/skbuff.h>

#include "skb/track.h"

/* In the runtime of the address and thread sanitizers; knows static functions and lines. */
extern void __sanitizer_symbolize_pc(void *pc, const char *fmt, char *out, size_t size)
	__attribute__((weak));

/* An object file that is mapped to be read. */
struct image {
	const unsigned char *bytes;
	size_t size;
};

static bool image_open(struct image *image, const char *path)
{
	void *bytes = MAP_FAILED;
	struct stat st;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (!fstat(fd, &st) && st.st_size > 0) {
		image->size = (size_t)st.st_size;
		bytes = mmap(NULL, image->size, PROT_READ, MAP_PRIVATE, fd, 0);
	}
	close(fd);
	image->bytes = (const unsigned char *)bytes;
	return bytes != MAP_FAILED;
}

/* @n items of @size bytes at @offset, or NULL when the file has fewer. */
static const void *image_at(const struct image *image, u64 offset, u64 n, u64 size)
{
	if (offset > image->size || n > (image->size - offset) / size)
		return NULL;
	return image->bytes + offset;
}

static const ElfW(Shdr) * find_section(const struct image *image, const ElfW(Ehdr) * elf, u32 type)
{
	const ElfW(Shdr) * section;
	unsigned int i;

	section = (const ElfW(Shdr) *)image_at(image, elf->e_shoff, elf->e_shnum, sizeof(*section));
	for (i = 0; section && i < elf->e_shnum; i++)
		if (section[i].sh_type == type)
			return &section[i];
	return NULL;
}

/* The function that contains @offset (from the load address). False: the file does not say. */
static bool find_symbol(const struct image *image, u64 offset, char *name, size_t size, u64 *start)
{
	const ElfW(Shdr) * table, *strings;
	const ElfW(Sym) * symbol;
	const ElfW(Ehdr) * elf;
	const char *text;
	u64 i, n;

	elf = (const ElfW(Ehdr) *)image_at(image, 0, 1, sizeof(*elf));
	if (!elf || memcmp(elf->e_ident, ELFMAG, SELFMAG))
		return false;
	table = find_section(image, elf, SHT_SYMTAB);
	if (!table || table->sh_link >= elf->e_shnum)
		return false;
	strings =
		(const ElfW(Shdr) *)image_at(image, elf->e_shoff, elf->e_shnum, sizeof(*strings)) +
		table->sh_link;
	n = table->sh_size / sizeof(*symbol);
	symbol = (const ElfW(Sym) *)image_at(image, table->sh_offset, n, sizeof(*symbol));
	text = (const char *)image_at(image, strings->sh_offset, strings->sh_size, 1);
	for (i = 0; symbol && text && i < n; i++) {
		if ((symbol[i].st_info & 0xf) != STT_FUNC ||
		    symbol[i].st_name >= strings->sh_size ||
		    offset - symbol[i].st_value >= symbol[i].st_size)
			continue;
		snprintf(name, size, "%.*s", (int)min(strings->sh_size - symbol[i].st_name, 127UL),
			 text + symbol[i].st_name);
		*start = symbol[i].st_value;
		return true;
	}
	return false;
}

/* Symbols count from 0 in objects that may lie anywhere, absolutely in others. */
static u64 offset_in(const struct image *image, const Dl_info *info, const void *site)
{
	const ElfW(Ehdr) *elf = (const ElfW(Ehdr) *)image_at(image, 0, 1, sizeof(*elf));

	if (elf && elf->e_type == ET_EXEC)
		return (uintptr_t)site;
	return (uintptr_t)site - (uintptr_t)info->dli_fbase;
}

static bool name_from_file(char *buf, size_t size, const void *site, const Dl_info *info)
{
	struct image image;
	char name[128];
	u64 at, start;
	bool found;

	/* The program may have been started by a relative path from elsewhere. */
	if (!image_open(&image, info->dli_fname) && !image_open(&image, "/proc/self/exe"))
		return false;
	at = offset_in(&image, info, site);
	found = find_symbol(&image, at, name, sizeof(name), &start);
	munmap((void *)(uintptr_t)image.bytes, image.size);
	if (found)
		snprintf(buf, size, "%s+%#lx (%s)", name, (unsigned long)(at - start),
			 info->dli_fname);
	return found;
}

/*
 * The runtime writes one text per function that was inlined there, the innermost first. Ours from
 * the public headers only passed the call on.
 */
static bool name_from_sanitizer(char *buf, size_t size, const void *site)
{
	char frames[4 * SKB_SITE_TEXT] = "", *frame, *last;

	if (!__sanitizer_symbolize_pc)
		return false;
	__sanitizer_symbolize_pc((void *)(uintptr_t)site, "%f (%s:%l)", frames, sizeof(frames) - 2);
	for (frame = last = frames; *frame; frame += strlen(frame) + 1) {
		last = frame;
		if (!strstr(frame, "include/skiff/"))
			break;
	}
	snprintf(buf, size, "%s", last);
	return *last != '\0';
}

void skb_site_text(char *buf, size_t size, const void *site)
{
	Dl_info info;

	if (!site) {
		snprintf(buf, size, "nobody");
		return;
	}
	/* Back into the call: behind it may be the next line, or the next function. */
	site = (const char *)site - 1;
	if (name_from_sanitizer(buf, size, site))
		return;
	if (!dladdr(site, &info) || !info.dli_fname) {
		snprintf(buf, size, "%p", site);
		return;
	}
	if (name_from_file(buf, size, site, &info))
		return;
	if (info.dli_sname)
		snprintf(buf, size, "%s+%#lx (%s)", info.dli_sname,
			 (unsigned long)((const char *)site - (const char *)info.dli_saddr),
			 info.dli_fname);
	else
		snprintf(buf, size, "%s+%#lx", info.dli_fname,
			 (unsigned long)((const char *)site - (const char *)info.dli_fbase));
}
