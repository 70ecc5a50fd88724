# SPDX-License-Identifier: BSD-2-Clause
#
# Appliances as bootable CDs, for HVM: $(BUILD)/apps/NAME/NAME.iso beside the
# image, with the image in it. An HVM domain has no command line of its own, so it is
# on the CD: `make iso CMDLINE="…"`, else NAME_CMDLINE of the app.mk, else nothing.

APP_IMAGES := $(filter $(BUILD)/apps/%,$(IMAGES))

.PHONY: iso
iso: $(APP_IMAGES:=.iso) ## builds a bootable CD of each appliance, for HVM; CMDLINE="…" is its command line

iso-command-line = $(if $(filter undefined,$(origin CMDLINE)),$($(notdir $*)_CMDLINE),$(CMDLINE))
shell-quoted = '$(subst ','\'',$(1))'

# The command line is no file, so it is made one, which changes only when it does.
$(APP_IMAGES:=.cmdline): %.cmdline: FORCE
	@mkdir -p $(@D)
	@printf '%s' $(call shell-quoted,$(iso-command-line)) >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

$(APP_IMAGES:=.iso): %.iso: % %.cmdline unikernel/iso.sh unikernel/libraries/tool.sh
	@$(if $(V),:,echo "  ISO     $@")
	$(Q)unikernel/iso.sh $< $@ $(call shell-quoted,$(iso-command-line))

.PHONY: FORCE
FORCE:
