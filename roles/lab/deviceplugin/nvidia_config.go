package main

import (
	"flag"
	"fmt"
	"os"
	"strconv"

	"sigs.k8s.io/yaml"
)

// nvidiaConfig is the part of the upstream configuration file that changes what a kubelet sees.
type nvidiaConfig struct {
	Version string `json:"version"`
	Flags   struct {
		MigStrategy     string `json:"migStrategy"`
		FailOnInitError *bool  `json:"failOnInitError"`
	} `json:"flags"`
	Sharing struct {
		TimeSlicing sharing `json:"timeSlicing"`
		MPS         sharing `json:"mps"`
	} `json:"sharing"`
}

type sharing struct {
	RenameByDefault            bool  `json:"renameByDefault"`
	FailRequestsGreaterThanOne *bool `json:"failRequestsGreaterThanOne"`
	Resources                  []struct {
		Name     string `json:"name"`
		Replicas int    `json:"replicas"`
	} `json:"resources"`
}

// loadNvidiaConfig merges file, environment and flags; a flag wins over the environment, and that over the file.
func loadNvidiaConfig(arguments []string) (*nvidiaConfig, error) {
	flags := flag.NewFlagSet("nvidia-device-plugin", flag.ExitOnError)
	file := flags.String("config-file", os.Getenv("CONFIG_FILE"), "configuration file")
	strategy := flags.String("mig-strategy", os.Getenv("MIG_STRATEGY"), "none, single or mixed")
	fail := flags.String("fail-on-init-error", os.Getenv("FAIL_ON_INIT_ERROR"), "true or false")
	for _, name := range []string{
		"nvidia-driver-root", "device-list-strategy", "device-id-strategy", "pass-device-specs", "mps-root",
	} {
		flags.String(name, "", "accepted, without meaning for simulated devices")
	}
	if err := flags.Parse(arguments); err != nil {
		return nil, err
	}
	config := &nvidiaConfig{}
	if *file != "" {
		text, err := os.ReadFile(*file)
		if err != nil {
			return nil, err
		}
		if err := yaml.Unmarshal(text, config); err != nil {
			return nil, fmt.Errorf("%s: %w", *file, err)
		}
	}
	if *strategy != "" {
		config.Flags.MigStrategy = *strategy
	}
	if *fail != "" {
		value, err := strconv.ParseBool(*fail)
		if err != nil {
			return nil, fmt.Errorf("fail-on-init-error: %w", err)
		}
		config.Flags.FailOnInitError = &value
	}
	return config, config.check()
}

func (c *nvidiaConfig) check() error {
	if c.Version != "" && c.Version != "v1" {
		return fmt.Errorf("unknown version: %s", c.Version)
	}
	switch c.Flags.MigStrategy {
	case "", "none", "single", "mixed":
	default:
		return fmt.Errorf("invalid migStrategy %q: none, single or mixed", c.Flags.MigStrategy)
	}
	if len(c.Sharing.TimeSlicing.Resources) > 0 && len(c.Sharing.MPS.Resources) > 0 {
		return fmt.Errorf("timeSlicing and mps exclude each other")
	}
	for _, one := range append(c.Sharing.TimeSlicing.Resources, c.Sharing.MPS.Resources...) {
		if one.Replicas < 2 {
			return fmt.Errorf("number of replicas of %s must be at least 2, not %d", one.Name, one.Replicas)
		}
	}
	return nil
}

func (c *nvidiaConfig) sharesByMPS() bool { return len(c.Sharing.MPS.Resources) > 0 }

func (c *nvidiaConfig) failOnInitError() bool {
	return c.Flags.FailOnInitError == nil || *c.Flags.FailOnInitError
}

// share says how often a resource is divided, its new name, and whether a request for more than one is refused.
func (c *nvidiaConfig) share(name string) (replicas int, shared string, one bool) {
	method, refuse := c.Sharing.TimeSlicing, false
	if c.sharesByMPS() {
		method, refuse = c.Sharing.MPS, true
	}
	for _, entry := range method.Resources {
		if entry.Name != name {
			continue
		}
		if method.FailRequestsGreaterThanOne != nil {
			refuse = *method.FailRequestsGreaterThanOne
		}
		if method.RenameByDefault {
			name += ".shared"
		}
		return entry.Replicas, name, refuse
	}
	return 1, name, false
}
